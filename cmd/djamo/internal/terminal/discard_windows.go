package terminal

import "golang.org/x/sys/windows"

func discardTyped(fd uintptr) error { return windows.FlushConsoleInputBuffer(windows.Handle(fd)) }
