package shapes

type Kind int

const (
	Round ‹Kind› = iota
	Square
)

type Number interface {
	~int | ~float64
}

type Shape interface {
	Area() float64
}

type Named interface {
	‹Shape›
	Name() string
}

type base struct {
	label string
	kind  ‹Kind›
}

func (b *‹base›) Name() string {
	return b.‹label|base.label›
}

type Circle struct {
	‹base›
	Radius float64
}

func (c ‹Circle›) Area() float64 {
	return c.‹Radius|Circle.Radius› * 3
}

type Stack[T any] struct {
	items []T
}

func (s *‹Stack›[T]) Push(item T) *‹Stack›[T] {
	s.‹items|Stack.items› = append(s.‹items|Stack.items›, item)
	return s
}

func Sum[N ‹Number›](values ...N) N {
	var total N
	for _, value := range values {
		total += value
	}
	return total
}

func New(radius float64) *‹Circle› {
	return &‹Circle›{‹base›: ‹base›{‹label|base.label›: "c", ‹kind|base.kind›: ‹Round›}, ‹Radius|Circle.Radius›: radius}
}

func describe(one ‹Named›, many []*‹Circle›) float64 {
	total := one.‹Area|Shape.Area›()
	for _, circle := range many {
		total += circle.‹Area|Circle.Area›()
		_ = circle.‹Name|base.Name›()
	}
	if circle, ok := one.(*‹Circle›); ok {
		total += circle.‹Radius|Circle.Radius›
	}
	stack := &‹Stack›[int]{}
	stack.‹Push|Stack.Push›(1).‹Push|Stack.Push›(2)
	inner := func(circle *‹Circle›) float64 { return circle.‹Area|Circle.Area›() }
	return total + inner(‹New›(2)) + ‹Sum›(1.0, 2.0)
}

var _ = ‹describe›
var side ‹Kind› = ‹Square›
