package calc

func sum(a ‹Adder›, n int) int {
	Limit := 3
	if n > Limit {
		return ‹sum›(a, n-‹High›)
	}
	total, err := ‹open›("x")
	if err != nil {
		return 0
	}
	total.‹Describe|Base.Describe›()
	total.‹Base›.‹Describe|Base.Describe›()
	return a.‹Add|Adder.Add›(n) + total.‹Add|Total.Add›(1)
}

func (t *‹Total›) Split() ‹Parts› {
	found := ‹Parts›(t.‹parts|Total.parts›)
	largest := found.‹Largest|Parts.Largest›()
	largest.‹Owner|Part.Owner›.‹log|Total.log›("split")
	byName := map[string]*‹Part›{"a": &largest}
	byName["a"].‹Amount|Part.Amount› = 1
	if one, ok := byName["b"]; ok {
		one.‹Amount|Part.Amount›--
	}
	return found
}

func each(t *‹Total›, visit func(*‹Part›)) {
	for i := range t.‹parts|Total.parts› {
		visit(&t.‹parts|Total.parts›[i])
	}
	func() {
		names := 1
		_ = names
	}()
	var a interface{} = t
	if total, ok := a.(*‹Total›); ok {
		total.‹Add|Total.Add›(2)
	}
	switch found := a.(type) {
	case *‹Total›:
		found.‹?Add|Total.Add›(3)
	}
}
