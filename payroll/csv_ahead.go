package payroll

import "errors"

// rowsAhead is how many rows of a file are handed over at once, and chunksAhead how many such chunks there are: while one is
// looked at, the next are read. It is few enough that it does not show in memory.
const rowsAhead, chunksAhead = 128, 3

// errSourceGone is a source that has ended the goroutine that reads it, as a test does that fails.
var errSourceGone = errors.New("payroll: reading the file: its reader did not return")

// rows reads the file from its start. It is read and taken apart on one processor, while what takes the rows, such as a journal
// that stores them, works on another. Nothing reads the file any more when it has returned.
func (f *csvFile) rows(take func(row) bool) error {
	read, free, stop := make(chan []row, chunksAhead), make(chan []row, chunksAhead), make(chan struct{})
	for range chunksAhead {
		free <- nil
	}
	failure, panicked := errSourceGone, any(nil)
	go func() {
		defer close(read)
		defer func() { panicked = recover() }() // the source is the caller's, and so is its panic
		chunk := <-free
		hand := func() bool {
			read <- chunk // has room for all chunks that there are
			select {
			case chunk = <-free:
				return true
			case <-stop:
				return false
			}
		}
		err := f.readRows(func(r row) bool {
			chunk = append(chunk, r)
			return len(chunk) < rowsAhead || hand()
		})
		read <- chunk
		failure = err
	}()
	defer func() {
		close(stop)
		for range read { // until the file is not read any more
		}
	}()
	for chunk := range read {
		for i := range chunk {
			if !take(chunk[i]) {
				return nil
			}
		}
		clear(chunk)
		free <- chunk[:0]
	}
	if panicked != nil {
		panic(panicked) //nolint:forbidigo // it is the caller's own, on the goroutine that has called
	}
	return failure
}
