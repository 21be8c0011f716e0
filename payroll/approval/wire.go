package approval

import (
	"encoding/binary"
	"errors"
)

// errShort is a text of SSH's wire format that ends too soon, or goes on too long.
var errShort = errors.New("it is cut off, or has more than it should")

// reader takes fields from the front of a text in SSH's wire format (RFC 4251, section 5).
type reader struct {
	left []byte
	err  error
}

// field is the next string; nil after an error.
func (r *reader) field() []byte {
	const prefix = 4
	if r.err != nil || len(r.left) < prefix {
		r.err = errShort
		return nil
	}
	length := int64(binary.BigEndian.Uint32(r.left))
	if length > int64(len(r.left)-prefix) {
		r.err = errShort
		return nil
	}
	text := r.left[prefix : prefix+length]
	r.left = r.left[prefix+length:]
	return text
}

// fixed are the next so many bytes; nil after an error.
func (r *reader) fixed(length int) []byte {
	if r.err != nil || len(r.left) < length {
		r.err = errShort
		return nil
	}
	text := r.left[:length]
	r.left = r.left[length:]
	return text
}

// end is an error unless everything was read.
func (r *reader) end() error {
	if r.err == nil && len(r.left) > 0 {
		r.err = errShort
	}
	return r.err
}

// appendField writes a string with its length before it.
func appendField(to, field []byte) []byte {
	return append(binary.BigEndian.AppendUint32(to, uint32(len(field))), field...) //nolint:gosec // no field is near 4 GB
}
