// Package calc adds things up.
package calc

import (
	"fmt"
	"strings"
)

// Limit is the most that is added.
const Limit = 100

const (
	Low = iota
	High
)

var Default = ‹NewTotal›("all")

var names, count = []string{}, 0

// Adder adds.
type Adder interface {
	Add(n int) int
	Name() string
}

type Label = ‹Tag›

type Tag string

type Total struct {
	‹Base›
	Sum   int
	parts []‹Part›
	label ‹Label›
}

type Base struct {
	Title string
}

type Part struct {
	Amount int
	Owner  *‹Total›
}

type Parts []‹Part›

type Op func(a, b int) int

func NewTotal(title string) *‹Total› {
	total := &‹Total›{‹Base›: ‹Base›{‹Title|Base.Title›: title}}
	total.‹Sum|Total.Sum› = ‹Low›
	return total
}

func open(path string) (*‹Total›, error) {
	total := ‹NewTotal›(path)
	if total.‹Sum|Total.Sum› > ‹Limit› {
		return nil, fmt.Errorf("over %d", ‹Limit›)
	}
	return total, nil
}

func (t *‹Total›) Add(n int) int {
	part := ‹Part›{‹Amount|Part.Amount›: n, ‹Owner|Part.Owner›: t}
	t.‹parts|Total.parts› = append(t.‹parts|Total.parts›, part)
	t.‹Sum|Total.Sum› += part.‹Amount|Part.Amount›
	t.‹log|Total.log›("add")
	return t.‹Sum|Total.Sum›
}

func (t *‹Total›) Name() string { return strings.ToUpper(t.‹Title|Base.Title›) }

func (t *‹Total›) log(text string) {
	‹count›++
	‹names› = append(‹names›, text+t.‹Name|Total.Name›())
}

func (b ‹Base›) Describe() string { return b.‹Title|Base.Title› }

func (p ‹Parts›) Largest() ‹Part› {
	best := ‹Part›{}
	for _, one := range p {
		if one.‹Amount|Part.Amount› > best.‹Amount|Part.Amount› {
			best = one
		}
	}
	return best
}

func Apply(op ‹Op›, values ...int) int {
	sum := ‹Low›
	for _, value := range values {
		sum = op(sum, value)
	}
	return sum
}

func Map[T any, U any](items []T, f func(T) U) []U {
	var out []U
	for _, item := range items {
		out = append(out, f(item))
	}
	return out
}
