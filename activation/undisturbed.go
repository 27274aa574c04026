package activation

// readings is how often Undisturbed reads a state that never rests.
const readings = 10

// Undisturbed runs read, which is to change and print nothing, and runs it again as
// long as other runs change the state meanwhile: what it found of one generation and
// of another, wrong or right, may never have been so. It gives the error of the last
// reading, also where the state never came to rest; one of a state that nobody
// changed is never tried again.
func (e *Engine) Undisturbed(read func() error) error {
	for n := 1; ; n++ {
		before := e.stateNow()
		err := read()
		if n == readings || e.stateNow() == before {
			return err
		}
	}
}

// stateNow is what stands for the state where it is now, be it in a directory that
// others made since the last look.
func (e *Engine) stateNow() string {
	e.Root.Forget()
	return e.State.Seen()
}
