package supervise

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
)

// check says why a service cannot be kept as it is written.
func check(s keep.Spec) error {
	if strings.ContainsAny(s.Name, "/\n\x00") || strings.HasPrefix(s.Name, ".") {
		return fmt.Errorf("%q cannot be a service's name", s.Name)
	}
	for name := range s.Limits {
		if !keep.KnownLimit(name) {
			return fmt.Errorf("there is no limit %q; see setrlimit(2)", name)
		}
	}
	var durations, signals []string
	if r := s.Restart; r != nil {
		durations = append(durations, r.Delay)
	}
	if r := s.Stop; r != nil {
		durations, signals = append(durations, r.Timeout), append(signals, r.Signal)
	}
	if r := s.Reload; r != nil {
		signals = append(signals, r.Signal)
	}
	if r := s.Readiness; r != nil {
		durations = append(durations, r.Timeout)
		if err := checkReadiness(*r); err != nil {
			return err
		}
	}
	for _, d := range durations {
		if _, err := time.ParseDuration(d); d != "" && err != nil {
			return fmt.Errorf("%q is not a duration", d)
		}
	}
	for _, name := range signals {
		if name != "" && !keep.KnownSignal(name) {
			return fmt.Errorf("%q is not the name of a signal", name)
		}
	}
	if p := s.Process; p != nil && len(p.Daemon) > 0 && p.PIDFile == "" {
		return fmt.Errorf("one that forks needs pid_file")
	}
	return nil
}

// maxFD is the highest descriptor that a service may be given.
const maxFD = 255

func checkReadiness(r daemon.Readiness) error {
	if r.FD != 0 && (r.FD < 3 || r.FD > maxFD) {
		return fmt.Errorf("the readiness descriptor %d is not from 3 to %d", r.FD, maxFD)
	}
	if r.TCP != "" {
		if _, _, err := net.SplitHostPort(r.TCP); err != nil {
			return fmt.Errorf("cannot probe %q: write host:port", r.TCP)
		}
	}
	if r.HTTP != "" {
		if u, err := url.Parse(r.HTTP); err != nil || u.Host == "" || u.Scheme != "http" {
			return fmt.Errorf("cannot probe %q: write http://host:port/path", r.HTTP)
		}
	}
	return nil
}
