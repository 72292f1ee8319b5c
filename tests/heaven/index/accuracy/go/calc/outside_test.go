package calc_test

import (
	"testing"

	"example.com/shop/calc"
)

func TestName(t *testing.T) {
	total := calc.‹NewTotal›("x")
	if total.‹Name|Total.Name›() != "X" {
		t.Fail()
	}
}
