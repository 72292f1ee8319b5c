package main

import (
	"fmt"

	. "example.com/shop/store"
	"example.com/shop/store/sub"
	calc "fmt"
)

type app struct {
	store *‹Store›
}

func (a ‹app›) start() error {
	total, err := a.‹store|app.store›.‹Get|Store.Get›("x")
	if err == ‹ErrMissing› {
		return err
	}
	fmt.Println(total.‹Title|Base.Title›, calc.Sprint(), total.‹Sum|Total.Sum›)
	return nil
}

func main() {
	a := ‹app›{‹store|app.store›: ‹New›(‹WithCache›(sub.‹Memory›{}))}
	if err := a.‹start|app.start›(); err != nil {
		panic(err)
	}
	go a.‹store|app.store›.‹Put|Store.Put›("y")
	var size sub.‹Sizer› = new(sub.‹Memory›)
	size.‹Size|Sizer.Size›()
	_ = a.‹store|app.store›.‹Sum|Store.Sum›
	run := a.‹start|app.start›
	run()
}
