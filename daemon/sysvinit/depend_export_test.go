package sysvinit

// Merge is for the test of what happens to insserv's files.
func Merge(host, fresh string, ours func(string) bool) string { return merge(host, fresh, ours) }
