package djamotest

// index finds transfers by a text. It holds their numbers and a part of each text's hash, which is a fifth of what a map with
// the texts as keys takes, and nothing that the garbage collector has to look at.
type index struct {
	slots []uint64 // the hash's upper half and a transfer's number; 0 is free. A power of two, or none yet
	used  int
}

const numberMask = 1<<32 - 1

// first is the first number under a hash, and its slot; 0 for none. Whether its text is the one is for the caller to see.
func (x *index) first(hash uint64) (number uint32, slot int) {
	if len(x.slots) == 0 {
		return 0, 0
	}
	return x.from(hash, x.home(hash))
}

// next is the number under a hash that follows a slot.
func (x *index) next(hash uint64, slot int) (number uint32, at int) { return x.from(hash, slot+1) }

func (x *index) from(hash uint64, slot int) (number uint32, at int) {
	mask := len(x.slots) - 1
	for at = slot & mask; x.slots[at] != 0; at = (at + 1) & mask {
		if x.slots[at]&^numberMask == hash&^numberMask {
			return uint32(x.slots[at] & numberMask), at
		}
	}
	return 0, at
}

// home is where a hash, or an item, stands when there is room.
func (x *index) home(hash uint64) int { return int(hash>>32) & (len(x.slots) - 1) }

// replace puts another number in the place of one under the same hash.
func (x *index) replace(slot int, number uint32) {
	x.slots[slot] = x.slots[slot]&^numberMask | uint64(number)
}

// add stores a number under a hash, beside those that are there.
func (x *index) add(hash uint64, number uint32) {
	if (x.used+1)*8 > len(x.slots)*7 {
		x.grow()
	}
	x.insert(hash&^numberMask | uint64(number))
	x.used++
}

func (x *index) insert(item uint64) {
	mask := len(x.slots) - 1
	at := x.home(item)
	for x.slots[at] != 0 {
		at = (at + 1) & mask
	}
	x.slots[at] = item
}

// grow needs no text: the hash's half that is stored says where a number goes.
func (x *index) grow() {
	old := x.slots
	x.slots = make([]uint64, max(16, 2*len(old)))
	for _, item := range old {
		if item != 0 {
			x.insert(item)
		}
	}
}
