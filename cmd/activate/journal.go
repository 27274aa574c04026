package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/activate-agent/activate/modules/diagnostic"
)

// journalEntry turns one line of the log into a message and journal fields:
// each field of the line as ACTIVATE_FIELD, see systemd.journal-fields(7).
func journalEntry(line []byte) (string, map[string]string) {
	var values map[string]any
	if err := json.Unmarshal(line, &values); err != nil {
		return strings.TrimSpace(string(line)), nil
	}
	fields := map[string]string{"SYSLOG_IDENTIFIER": "activate"}
	message := fmt.Sprint(values["message"])
	for k, v := range values {
		switch k {
		case "message", "level", "time":
			continue
		case fieldStep, fieldText, "error":
			continue
		}
		fields["ACTIVATE_"+strings.ToUpper(k)] = fmt.Sprint(v)
	}
	if step, ok := values[fieldStep]; ok {
		fields["ACTIVATE_STEP"] = fmt.Sprint(step)
		prefix := fmt.Sprint(step) + ": "
		message = prefix + strings.ReplaceAll(fmt.Sprint(values[fieldText]), "\n", "\n"+prefix)
	}
	if e, ok := values["error"]; ok {
		message += ": " + fmt.Sprint(e)
	}
	for k, v := range fields {
		fields[k] = diagnostic.Visible(v)
	}
	return diagnostic.Visible(message), fields
}
