package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// describe prints what the figures depend on.
func describe(out io.Writer) {
	fmt.Fprintf(out, "%s, %s, %s/%s, %s, %d cores, load %s\n\nModules:", time.Now().UTC().Format("2006-01-02 15:04 MST"), runtime.Version(),
		runtime.GOOS, runtime.GOARCH, cpuModel(), runtime.NumCPU(), load())
	compared := []string{
		"stripe-go", "go-github", "godo", "hcloud-go", "api/client-go", "paddle-go-sdk", "openai-go", "svix-webhooks", "standard-webhooks"}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			for _, name := range compared {
				if strings.Contains(module.Path, name) {
					fmt.Fprintf(out, " %s %s", module.Path, module.Version)
				}
			}
		}
	}
	fmt.Fprintln(out)
}

func cpuModel() string {
	raw, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for line := range strings.Lines(string(raw)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

func load() string {
	raw, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Join(strings.Fields(string(raw))[:min(3, len(strings.Fields(string(raw))))], " ")
}
