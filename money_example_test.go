package djamo_test

import (
	"errors"
	"fmt"
	"math"

	"github.com/djamo/djamo-go"
)

func ExampleParseXOF() {
	for _, text := range []string{"50 000 FCFA", "500.000", "50.5"} {
		amount, err := djamo.ParseXOF(text)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%d\n", amount)
	}
	// Output:
	// 50000
	// 500000
	// djamo: amount: must be whole francs in exact groups of three digits (50 000, 50.000 or 50,000): anything else could be read two ways, got 50.5
}

func ExampleXOF_Add() {
	salary, bonus := djamo.XOF(250_000), djamo.XOF(40_000)
	total, err := salary.Add(bonus)
	fmt.Printf("%d %v\n", total, err)

	_, err = djamo.XOF(math.MaxInt64).Add(1)
	fmt.Println(errors.Is(err, djamo.ErrOverflow))
	// Output:
	// 290000 <nil>
	// true
}

func ExampleSumXOF() {
	total, err := djamo.SumXOF(250_000, 310_000, 190_500)
	fmt.Printf("%d francs, %v\n", total, err)
	// Output: 750500 francs, <nil>
}
