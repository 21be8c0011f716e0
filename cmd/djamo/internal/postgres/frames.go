package postgres

import "encoding/binary"

// frames follows the messages of PostgreSQL's protocol in one direction, however they are cut into pieces.
type frames struct {
	bare   bool // the next message has no kind before its length: the first that a client sends
	lost   bool // what came was no message
	head   [5]byte
	filled int   // of head
	skip   int64 // bytes of the message that are still to come
}

// read hands the kind of each message that begins to see.
func (f *frames) read(b []byte, see func(kind byte)) {
	for len(b) > 0 && !f.lost {
		if f.skip > 0 {
			n := min(f.skip, int64(len(b)))
			b, f.skip = b[n:], f.skip-n
			continue
		}
		if f.bare && f.filled == 0 {
			f.filled = 1 // where the kind would be
		}
		n := copy(f.head[f.filled:], b)
		b, f.filled = b[n:], f.filled+n
		if f.filled < len(f.head) {
			continue
		}
		const itself = 4 // the length counts its own bytes
		f.skip, f.filled = int64(binary.BigEndian.Uint32(f.head[1:]))-itself, 0
		if f.lost = f.skip < 0; f.lost {
			return
		}
		if !f.bare {
			see(f.head[0])
		}
		f.bare = false
	}
}
