module github.com/djamo/djamo-go/examples

go 1.26

require github.com/djamo/djamo-go v0.0.0

replace github.com/djamo/djamo-go => ../
