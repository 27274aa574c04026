package keep

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/daemon"
)

// probe is how one start is known to be ready.
type probe struct {
	how      daemon.Readiness
	deadline <-chan time.Time
	// env and files go to the process; told closes or sends when it says so.
	env   []string
	files []*os.File
	told  chan struct{}
	// ends are closed when the probe is over, theirs when the process has it.
	ends, theirs []interface{ Close() error }
}

// errTimeout says that waiting has an end.
var errTimeout = errors.New("it was not ready in time")

// newProbe prepares what the process is given to say that it is ready.
func (k *keeper) newProbe() (*probe, error) {
	p := &probe{told: make(chan struct{}, 1)}
	if k.spec.Readiness != nil {
		p.how = *k.spec.Readiness
	}
	p.deadline = time.After(duration(p.how.Timeout, readyTimeout))
	var err error
	switch {
	case p.how.FD != 0:
		err = p.pipe(p.how.FD)
	case p.how.Notify:
		err = k.notifySocket(p)
	}
	return p, err
}

// pipe gives the process a descriptor to write a line to, as s6 has it.
func (p *probe) pipe(fd int) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	p.files = make([]*os.File, max(fd-3, 0)+1)
	p.files[len(p.files)-1] = w
	p.ends, p.theirs = append(p.ends, r), append(p.theirs, w)
	go func() {
		if _, err := bufio.NewReader(r).ReadString('\n'); err == nil {
			p.say()
		}
	}()
	return nil
}

// notifySocket gives the process a socket that only its user can send to.
func (k *keeper) notifySocket(p *probe) error {
	path := filepath.Join(k.dirs.Run, k.spec.Name, "notify")
	o, err := k.order(nil)
	if err != nil {
		return err
	}
	if err := p.socket(path); err != nil || o.Account == nil {
		return err
	}
	return os.Chown(path, o.Account.UID, o.Account.GID)
}

// socket listens for READY=1, as sd_notify(3) sends it.
func (p *probe) socket(path string) error {
	_ = os.Remove(path)
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("cannot listen for the notification: %w", err)
	}
	p.env = []string{"NOTIFY_SOCKET=" + path}
	p.ends = append(p.ends, conn)
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := conn.Read(b)
			if err != nil {
				return
			}
			for line := range strings.Lines(string(b[:n])) {
				if strings.TrimSpace(line) == "READY=1" {
					p.say()
				}
			}
		}
	}()
	return nil
}

// say: being ready twice is being ready.
func (p *probe) say() {
	select {
	case p.told <- struct{}{}:
	default:
	}
}

// started closes what only the process is to hold.
func (p *probe) started() {
	for _, f := range p.theirs {
		_ = f.Close()
	}
	p.theirs = nil
}

func (p *probe) close() {
	p.started()
	for _, f := range p.ends {
		_ = f.Close()
	}
}

// await returns when the service is ready, or with why it will not be.
func (k *keeper) await(p *probe) error {
	r := p.how
	if r.FD != 0 || r.Notify {
		_, err := wait(k, p.deadline, p.told)
		return err
	}
	if len(r.Exec) == 0 && r.HTTP == "" && r.TCP == "" {
		return nil
	}
	pause := 20 * time.Millisecond
	for {
		answer, giveUp := k.ask(r)
		ready, err := wait(k, p.deadline, answer)
		if err != nil {
			giveUp()
		}
		if ready || err != nil {
			return err
		}
		if _, err := wait(k, p.deadline, time.After(pause)); err != nil {
			return err
		}
		pause = min(2*pause, time.Second/2)
	}
}

// wait waits for what is due while the service starts, and gives it; what comes in
// between is the error.
func wait[T any](k *keeper, deadline <-chan time.Time, due <-chan T) (got T, err error) {
	var end <-chan unix.WaitStatus
	if k.main != nil {
		end = k.main.end
	}
	for {
		select {
		case got := <-due:
			return got, nil
		case <-deadline:
			return got, errTimeout
		case ws := <-end:
			k.main.end = nil
			if err := ended(ws); err != nil {
				return got, err
			}
			return got, errors.New("it ended before it was ready")
		case sig := <-k.signals:
			if sig != sigReload && k.heed(sig) {
				return got, errors.New("it was stopped")
			}
		}
	}
}

// ask begins to ask once whether the service is ready; whoever does not wait for the
// answer gives up, since a command or a peer may hang.
func (k *keeper) ask(r daemon.Readiness) (answer <-chan bool, giveUp func()) {
	say := make(chan bool, 1)
	switch {
	case len(r.Exec) > 0:
		o, err := k.order(r.Exec)
		if err != nil {
			say <- false
			break
		}
		c, err := k.reaper.start(o)
		if err != nil {
			say <- false
			break
		}
		go func() { say <- ended(<-c.end) == nil }()
		return say, func() { endSession(c.id, 0) }
	case r.TCP != "":
		go func() { say <- answersTCP(r.TCP) }()
	default:
		go func() { say <- answersHTTP(r.HTTP) }()
	}
	return say, func() {}
}

const dialTimeout = 5 * time.Second

func answersTCP(address string) bool {
	c, err := net.DialTimeout("tcp", address, dialTimeout)
	if err != nil {
		return false
	}
	_ = c.Close()
	return true
}

// answersHTTP asks once; 2xx and 3xx are an answer.
func answersHTTP(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	c, err := net.DialTimeout("tcp", net.JoinHostPort(u.Hostname(), port), dialTimeout)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(dialTimeout))
	fmt.Fprintf(c, "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n", u.RequestURI(), u.Host)
	line, err := bufio.NewReader(c).ReadString('\n')
	words := strings.Fields(line)
	return err == nil && len(words) > 1 && (words[1][0] == '2' || words[1][0] == '3')
}
