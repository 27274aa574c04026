package accounts

import "strings"

// List splits a comma-separated field; nil for an empty one.
func List(field string) []string {
	if field == "" {
		return nil
	}
	return strings.Split(field, ",")
}

// memberAt gives where user stands in a comma-separated field, -1 where it does
// not. The field is not taken apart: it may name very many.
func memberAt(field, user string) int {
	for at := 0; ; at++ {
		i := strings.Index(field[at:], user)
		if i < 0 || user == "" {
			return -1
		}
		at += i
		end := at + len(user)
		if (at == 0 || field[at-1] == ',') && (end == len(field) || field[end] == ',') {
			return at
		}
	}
}

// HasMember tells whether a comma-separated field names user.
func HasMember(field, user string) bool { return memberAt(field, user) >= 0 }

// WithMember is a comma-separated field with user at its end.
func WithMember(field, user string) string {
	if field == "" {
		return user
	}
	return field + "," + user
}

// WithoutMember is a comma-separated field that names user no more. An editor may have
// named somebody twice.
func WithoutMember(field, user string) string {
	for {
		at := memberAt(field, user)
		switch end := at + len(user); {
		case at < 0:
			return field
		case end < len(field):
			field = field[:at] + field[end+1:]
		default:
			field = strings.TrimSuffix(field[:at], ",")
		}
	}
}
