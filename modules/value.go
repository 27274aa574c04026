package modules

// Value is the answer to an expression, without HCL or cty in it.
type Value struct {
	json []byte
	text string
}

// JSON gives the value as one JSON document without a final newline; what is
// sensitive is the string "(sensitive value)".
func (v Value) JSON() []byte { return v.json }

// Text gives the value as HCL would write it; what is sensitive is
// "(sensitive value)".
func (v Value) Text() string { return v.text }
