package djamo_test

import (
	"fmt"

	"github.com/djamo/djamo-go"
)

func ExampleParseMSISDN() {
	number, err := djamo.ParseMSISDN("+225 07 48 71 05 23")
	fmt.Println(number, err) // printed, a number masks itself
	fmt.Println(len(number.E164()))

	_, err = djamo.ParseMSISDN("00225 07 48 71 05 23")
	fmt.Println(err)
	// Output:
	// +22507******23 <nil>
	// 14
	// djamo: msisdn: must start with + in place of 00, such as +225, got 00225 ** ** ** ** 23
}
