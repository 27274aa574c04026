# /etc/hosts, whole: what stood there comes back when the module leaves.

module "hosts" {
  description = "/etc/hosts: this host's own names, and others by address"
}

option "entries" {
  type        = map(list(string))
  default     = {}
  description = "Names by address; the first is the canonical one."
  example     = { "10.0.0.5" = ["db.example.org", "db"] }
  validation {
    condition = length(local.odd) == 0
    message   = "The keys are addresses of IPv4 or IPv6, and these are none: ${join(", ", local.odd)}."
  }
  validation {
    condition = alltrue([for n in flatten(values(self.entries)) : length(regexall(local.name, n)) > 0])
    message   = "The names in hosts are letters, digits, dots, _ and -."
  }
}

option "own_names" {
  type        = list(string)
  default     = compact([host.hostname])
  description = "The names of this host itself, at 127.0.1.1 as Debian has it. An empty list leaves the line out."
  example     = ["web1.example.org", "web1"]
  validation {
    condition = alltrue([for n in self.own_names : length(regexall(local.name, n)) > 0])
    message   = "The names in hosts are letters, digits, dots, _ and -."
  }
}

option "extra" {
  type        = lines
  default     = ""
  description = "Lines at the end, as they are."
  example     = "192.0.2.1 old-name"
}

locals {
  name = "^[A-Za-z0-9._-]+$"
  # An IPv6 address may name the link it is of.
  odd = [for a in keys(self.entries) : a if length(regexall("^[^%]+(:[^%]*%[A-Za-z0-9._-]+)?$", a)) == 0 || !can(cidrhost("${split("%", a)[0]}/${strcontains(a, ":") ? 128 : 32}", 0))]
}

etc "hosts" {
  mode = "0644"
  text = join("", concat(
    ["127.0.0.1\tlocalhost\n"],
    length(self.own_names) > 0 ? ["127.0.1.1\t${join(" ", self.own_names)}\n"] : [],
    ["::1\tlocalhost ip6-localhost ip6-loopback\n", "ff02::1\tip6-allnodes\n", "ff02::2\tip6-allrouters\n"],
    [for a, names in self.entries : "${a}\t${join(" ", names)}\n" if length(names) > 0],
    self.extra == "" ? [] : ["${trimsuffix(self.extra, "\n")}\n"],
  ))
}
