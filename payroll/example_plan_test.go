package payroll_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/payroll"
)

func ExampleReadCSV() {
	file, err := os.Open("../testdata/salaries.csv")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()

	plan, err := payroll.ReadCSV(file, payroll.CSVOptions{Run: "salaries-2026-06"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d payouts, %d francs in all\n", plan.Count, plan.Total)
	for payout, err := range plan.Payouts() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("line %d: %d francs to %s\n", payout.Line, payout.Amount, payout.MSISDN)
		break
	}
	// Output:
	// 25 payouts, 7483000 francs in all
	// line 2: 104000 francs to +22505******59
}

// A file with one bad row is not paid at all: everything that is wrong with it is told at once.
func ExampleReadCSV_problems() {
	file := strings.NewReader("Reference;MSISDN;Amount\n" +
		"june/1;+225 07 48 71 05 23;50 000\n" +
		"june/2;0748710524;50.5\n" +
		"june/1;+225 07 48 71 05 25;1000\n")
	_, err := payroll.ReadCSV(file, payroll.CSVOptions{})
	if bad, ok := errors.AsType[*payroll.PlanError](err); ok {
		for _, problem := range bad.Problems {
			fmt.Println(problem)
		}
	}
	// Output:
	// line 3: msisdn: must start with + and the country code, such as +225, got 074*****24
	// line 3: amount: must be whole francs in exact groups of three digits: anything else could be read two ways (understood are 50000, 50 000, 50.000, 50,000, 50 000,00, 50 000 F, 50 000 FCFA and XOF 50 000), got 50.5
	// line 4: amount: must be at least 5 000 FCFA, got 1000
	// line 4: reference: must differ from that of line 2, since it identifies a payout, got june/1
}

// Payouts without references get some that are the same each time the plan is made.
func ExampleNewPlan() {
	payouts := []payroll.Payout{
		{MSISDN: "+2250748710523", Amount: 50_000, Description: "Salaire de juin"},
		{MSISDN: "+221771234567", Amount: 200_000_000, Description: "Loyer", Reference: "rent/june"},
	}
	plan, err := payroll.NewPlan(payroll.Rows(payouts...), payroll.PlanOptions{Run: "june", Limits: &djamo.Limits{}})
	if err != nil {
		log.Fatal(err)
	}
	for payout, err := range plan.Payouts() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(payout.ID, payout.Reference)
	}
	// Output:
	// 1 june/cznpjqzjvud3l4u5
	// 2 rent/june
}
