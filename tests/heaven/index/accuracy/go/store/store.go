package store

import (
	"errors"
	"sync"

	numbers "example.com/shop/calc"
	"example.com/shop/store/sub"
)

var ErrMissing = errors.New("missing")

type Store struct {
	mu     sync.Mutex
	totals map[string]*numbers.‹Total›
	cache  sub.‹Cache›
	*sub.‹Index›
}

type Option func(*‹Store›)

func WithCache(cache sub.‹Cache›) ‹Option› {
	return func(s *‹Store›) { s.‹cache|Store.cache› = cache }
}

func New(options ...‹Option›) *‹Store› {
	s := &‹Store›{‹totals|Store.totals›: map[string]*numbers.‹Total›{}}
	for _, option := range options {
		option(s)
	}
	return s
}

func (s *‹Store›) Get(name string) (*numbers.‹Total›, error) {
	s.‹mu|Store.mu›.Lock()
	defer s.‹mu|Store.mu›.Unlock()
	total, ok := s.‹totals|Store.totals›[name]
	if !ok {
		return nil, ‹ErrMissing›
	}
	return total, nil
}

func (s *‹Store›) Put(name string) {
	s.‹totals|Store.totals›[name] = numbers.‹NewTotal›(name)
	s.‹cache|Store.cache›.‹Drop|Cache.Drop›(name)
	s.‹Touch|Index.Touch›(name)
	s.‹Index›.‹Touch|Index.Touch›(numbers.‹Limit›)
}

func (s *‹Store›) Sum() int {
	sum := 0
	for _, total := range s.‹totals|Store.totals› {
		sum += total.‹Add|Total.Add›(0)
	}
	return sum
}

func run(anything any) {
	anything.‹?Get|Store.Get›("x")
	var adder numbers.‹Adder›
	adder.‹Name|Adder.Name›()
	_ = numbers.‹Map›([]int{numbers.‹High›}, func(n int) int { return n })
}
