package calc

import "testing"

func TestAdd(t *testing.T) {
	cases := []struct {
		name string
		n    int
	}{{name: "one", n: 1}}
	for _, one := range cases {
		total := ‹NewTotal›(one.name)
		if got := total.‹Add|Total.Add›(one.n); got != one.n {
			t.Errorf("got %d", got)
		}
	}
}

func TestSplit(t *testing.T) {
	many := []‹Part›{{‹Amount|Part.Amount›: 1}, {‹Amount|Part.Amount›: 2}}
	t.Run("largest", func(t *testing.T) {
		if ‹Parts›(many).‹Largest|Parts.Largest›().‹Amount|Part.Amount› != 2 {
			t.Fail()
		}
	})
	‹Default›.‹Split|Total.Split›()
}
