package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// figures are what one run took.
type figures struct {
	wall, cpu time.Duration // cpu is of the contender alone, in user and system mode
	peak      int64         // bytes of resident memory; 0 where the system does not say
}

// comparison is all that is measured.
type comparison struct {
	settings

	self, directory string
	measured        map[string][]figures
	order           []string // of the table
}

// file is what the programs pay.
func (c *comparison) file() string { return filepath.Join(c.directory, "salaries.csv") }

func (c *comparison) writePayouts() error {
	file, err := os.Create(c.file())
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(file)
	fmt.Fprintln(buffered, "msisdn,amount,reference,description")
	for i := range c.payouts {
		fmt.Fprintf(buffered, "%s,%d,run/%d,Salaire\n", msisdn(i), amount, i)
	}
	if err := buffered.Flush(); err != nil {
		return err
	}
	return file.Close()
}

// contender is one row of the table.
type contender struct {
	name string
	args func(directory string, a *api) []string
}

func (c *comparison) contenders() []contender {
	all := []contender{{"bare loop", func(_ string, a *api) []string {
		return []string{c.self, "-bare", a.url, "-payouts", fmt.Sprint(c.payouts), "-concurrency", fmt.Sprint(c.concurrency)}
	}}}
	for _, p := range c.programs {
		for _, mode := range []string{"single", "batch"} {
			all = append(all, contender{p.name + " " + mode, func(directory string, _ *api) []string {
				args := []string{
					p.path, "payroll", "run", c.file(), "--yes", "--mode", mode, "--concurrency", fmt.Sprint(c.concurrency),
					"--report", filepath.Join(directory, "report.csv"),
					"--check-recipients=no", // it asks about no more than 50 payees a second, whatever comes after
				}
				if c.journal != "" {
					return append(args, "--journal", c.journal, "--run", filepath.Base(directory))
				}
				return append(args, "--journal", filepath.Join(directory, "run.journal"))
			}})
		}
	}
	return all
}

// run takes turns in shuffled order, since machines drift.
func (c *comparison) run(ctx context.Context) error {
	all := c.contenders()
	for _, one := range all {
		c.order = append(c.order, one.name)
	}
	for range c.rounds {
		rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] }) //nolint:gosec // an order, not a secret
		for _, one := range all {
			took, err := c.measure(ctx, one)
			if err != nil {
				return fmt.Errorf("%s: %w", one.name, err)
			}
			c.measured[one.name] = append(c.measured[one.name], took)
			fmt.Fprintf(os.Stderr, "%s: %s, %s of a processor, %d MiB\n", one.name, took.wall.Round(time.Millisecond),
				took.cpu.Round(time.Millisecond), took.peak>>20)
		}
	}
	return nil
}

// measure runs a contender once, against an API of its own, which must have been asked for every payment once.
func (c *comparison) measure(ctx context.Context, one contender) (figures, error) {
	directory, err := os.MkdirTemp(c.directory, "run-")
	if err != nil {
		return figures{}, err
	}
	defer func() { _ = os.RemoveAll(directory) }()
	server, err := startServer(ctx, c.self)
	if err != nil {
		return figures{}, err
	}
	args := one.args(directory, server)
	var said bytes.Buffer
	command := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // what the caller has named
	command.Dir, command.Stdout, command.Stderr = directory, &said, &said
	command.Env = append(os.Environ(), tokenVariable+"="+server.token, "DJAMO_API_URL="+server.url, "XDG_CONFIG_HOME="+directory)
	started := time.Now()
	failure := command.Run()
	took := figures{wall: time.Since(started)}
	if stopped := server.stop(); failure == nil {
		failure = stopped
	}
	if failure != nil {
		return took, fmt.Errorf("%w: %s", failure, said.String())
	}
	if want := paid(c.payouts, int64(c.payouts)*amount); server.paid != want {
		return took, fmt.Errorf("the API has made %s, not %s", server.paid, want)
	}
	took.cpu = command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	took.peak = peakMemory(command.ProcessState)
	return took, nil
}

func (c *comparison) print(out io.Writer) {
	journal := "a SQLite file"
	if address, err := url.Parse(c.journal); err == nil && c.journal != "" {
		journal = address.Scheme
	}
	load, _ := os.ReadFile("/proc/loadavg") // where there is none, the table does without
	fmt.Fprintf(out, "%s, %s, %s/%s, %d cores, load %s, %d payouts, %d requests at the same time, %d rounds, journal in %s\n\n",
		time.Now().UTC().Format("2006-01-02 15:04 MST"), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(),
		strings.Join(strings.Fields(string(load))[:min(3, len(strings.Fields(string(load))))], " "), c.payouts, c.concurrency, c.rounds, journal)
	fmt.Fprintln(out, "| | speed, of the bare loop's | s | CPU, µs a payout | peak, MiB |\n| --- | ---: | ---: | ---: | ---: |")
	bare := c.measured[c.order[0]]
	for _, name := range c.order {
		var speed, wall, cpu, peak []float64
		for round, took := range c.measured[name] {
			speed = append(speed, float64(bare[round].wall)/float64(took.wall))
			wall = append(wall, took.wall.Seconds())
			cpu = append(cpu, float64(took.cpu.Microseconds())/float64(c.payouts))
			peak = append(peak, float64(took.peak)/(1<<20))
		}
		fmt.Fprintf(out, "| %s | %.2f | %.2f | %.0f | %.0f |\n", name, median(speed), median(wall), median(cpu), median(peak))
	}
}

func median(values []float64) float64 {
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 0 {
		return (values[middle-1] + values[middle]) / 2
	}
	return values[middle]
}
