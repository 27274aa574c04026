package daemon

// Limits gives the names that Service.Limits may have, sorted: those of setrlimit(2)
// in lower case, without RLIMIT_, as systemd.exec(5) has them.
func Limits() []string {
	return []string{
		"as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue",
		"nice", "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",
	}
}
