# nix.conf: a freeform map, and typed names for what is set most.

option "settings" {
  type        = any
  default     = {}
  description = "Settings of nix.conf by their own names: strings, numbers, booleans, or lists, which are joined by spaces without duplicates. Names with extra- come after all others, since Nix reads the file in order."
  example     = { "keep-outputs" = true, "extra-platforms" = ["i686-linux"] }
}

option "max_jobs" {
  type        = any
  nullable    = true
  description = "How many builds run at once: a number, or \"auto\" for one a processor (max-jobs)."
  example     = 4
  validation {
    condition = self.max_jobs == null || self.max_jobs == "auto" || try(parseint(tostring(self.max_jobs), 10), -1) >= 0
    message   = "max_jobs must be a whole number from 0 on, or \"auto\"."
  }
}

option "cores" {
  type        = number
  nullable    = true
  description = "How many processors one build may use; 0 is all of them."
  example     = 2
  validation {
    condition = self.cores == null || try(floor(self.cores) == self.cores && self.cores >= 0, false)
    message   = "cores must be a whole number from 0 on."
  }
}

option "sandbox" {
  type        = any
  nullable    = true
  description = "Whether builds see only their inputs: true, false or \"relaxed\". Without it, Nix's own default."
  example     = true
  validation {
    condition = self.sandbox == null || contains(["true", "false", "relaxed"], try(tostring(self.sandbox), ""))
    message   = "sandbox must be true, false or \"relaxed\"."
  }
}

option "sandbox_paths" {
  type        = list(string)
  default     = []
  description = "Paths of the host that builds see in their sandbox, each PATH or TARGET=SOURCE (extra-sandbox-paths)."
  example     = ["/bin/sh=/bin/busybox"]
}

option "substituters" {
  type        = list(string)
  nullable    = true
  description = "The binary caches, instead of Nix's own default."
  example     = ["https://cache.example.org"]
}

option "trusted_substituters" {
  type        = list(string)
  default     = []
  description = "Binary caches that any user may choose."
  example     = ["https://cache.example.org"]
}

option "trusted_public_keys" {
  type        = list(string)
  nullable    = true
  description = "The keys whose signatures on store paths are believed."
  example     = ["cache.example.org-1:AAAA..."]
}

option "trusted_users" {
  type        = list(string)
  default     = ["root"]
  description = "Users, or @GROUP, that may do what root may: import unsigned paths, change settings of the daemon."
  example     = ["root", "@sudo"]
}

option "allowed_users" {
  type        = list(string)
  default     = ["*"]
  description = "Users, or @GROUP, that may use the daemon."
  example     = ["@users"]
}

option "require_signatures" {
  type        = bool
  nullable    = true
  description = "Whether paths from binary caches must be signed by a trusted key (require-sigs)."
  example     = true
}

option "extra_options" {
  type        = lines
  default     = ""
  description = "Lines at the end of nix.conf, as they are."
  example     = "!include nix.custom.conf"
}

locals {
  typed = {
    "build-users-group"    = self.build_users > 0 ? "nixbld" : null
    "max-jobs"             = self.max_jobs
    "cores"                = self.cores
    "sandbox"              = self.sandbox
    "extra-sandbox-paths"  = length(self.sandbox_paths) > 0 ? self.sandbox_paths : null
    "substituters"         = self.substituters
    "trusted-substituters" = length(self.trusted_substituters) > 0 ? self.trusted_substituters : null
    "trusted-public-keys"  = self.trusted_public_keys
    "trusted-users"        = self.trusted_users
    "allowed-users"        = self.allowed_users
    "require-sigs"         = self.require_signatures
  }
  settings = merge({ for k, v in local.typed : k => v if v != null }, self.settings)
  rendered = {
    for k, v in local.settings :
    k => v == null ? "" : try(join(" ", distinct([for x in v : tostring(x)])), tostring(v))
  }
  conf = concat(
    ["# Written by activate; edit the configuration instead."],
    [for k, v in local.rendered : "${k} = ${v}" if !startswith(k, "extra-")],
    [for k, v in local.rendered : "${k} = ${v}" if startswith(k, "extra-")],
    self.extra_options == "" ? [] : [trimsuffix(self.extra_options, "\n")],
  )
}

# Settings that have a typed name are set by it, or the two could disagree.
assert {
  condition = length([for k, v in local.typed : k if v != null && contains(keys(self.settings), k)]) == 0
  message   = "nix.settings sets ${join(", ", [for k, v in local.typed : k if v != null && contains(keys(self.settings), k)])}, which is set by an option of its own as well; set it in one place."
}

assert {
  condition = length([for k, v in local.rendered : k if length(regexall("[\n\r]", v)) > 0 || length(regexall("^[a-z0-9-]+$", k)) == 0]) == 0
  message   = "nix.settings has names that are not of the form a-z0-9-, or values with a line break; use nix.extra_options for lines."
}

etc "nix/nix.conf" {
  text = "${join("\n", local.conf)}\n"
}
