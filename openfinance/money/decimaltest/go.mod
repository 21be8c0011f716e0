module github.com/djamo/djamo-go/openfinance/money/decimaltest

go 1.26.0

require (
	github.com/cockroachdb/apd/v3 v3.2.3
	github.com/djamo/djamo-go v0.0.0
	github.com/stretchr/testify v1.12.1
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect
