package activation

import "errors"

// distinct joins the errors that say something new: a disk that fails has one step
// after the other fail.
func distinct(errs ...error) error {
	said := map[string]bool{}
	var out []error
	for _, err := range errs {
		if err != nil && !said[err.Error()] {
			said[err.Error()] = true
			out = append(out, err)
		}
	}
	return errors.Join(out...)
}
