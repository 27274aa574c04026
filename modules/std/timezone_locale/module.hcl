# Where the host is, and the language its programs speak.

module "timezone_locale" {
  description = "The host's time zone and locale"
}

option "timezone" {
  type        = string
  nullable    = true
  description = "A name of the time zone database, below /usr/share/zoneinfo."
  example     = "Europe/Berlin"
  validation {
    condition = self.timezone == null || length(regexall("^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*)*$", self.timezone)) > 0
    message   = "A time zone is a name such as Europe/Berlin or UTC."
  }
}

option "locale" {
  type        = string
  nullable    = true
  description = "The locale of every message and format (LANG)."
  example     = "en_US.UTF-8"
  validation {
    condition = self.locale == null || try(length(regexall(local.name, self.locale)) > 0, false)
    message   = "A locale is a name such as en_US.UTF-8."
  }
}

option "settings" {
  type        = map(string)
  default     = {}
  description = "Single categories that differ from `locale`."
  example     = { LC_TIME = "de_DE.UTF-8" }
  validation {
    condition = alltrue([for k, v in self.settings : length(regexall("^(LC_[A-Z]+|LANGUAGE)$", k)) > 0 if v != null])
    message   = "timezone_locale.settings has names that are no categories; they are LC_TIME, LC_MONETARY and so on, see locale(7)."
  }
  validation {
    condition = alltrue([for k, v in self.settings : length(regexall(local.name, v)) > 0 if v != null && k != "LANGUAGE"])
    message   = "A locale is a name such as en_US.UTF-8."
  }
  validation {
    condition = alltrue([for k, v in self.settings : length(regexall("^[A-Za-z0-9_.@:-]+$", v)) > 0 if v != null && k == "LANGUAGE"])
    message   = "LANGUAGE is names of languages with : between them, such as de:en."
  }
}

option "generate" {
  type        = list(string)
  default     = []
  description = "Locales that locale-gen(8) makes besides those in use, each NAME CHARSET. C and C.UTF-8 need none."
  example     = ["fr_FR.UTF-8 UTF-8"]
  validation {
    condition = alltrue([for v in self.generate : length(regexall("^[A-Za-z0-9_.@-]+ [A-Za-z0-9_.:-]+$", v)) > 0])
    message   = "A locale to generate is a NAME and a CHARSET, such as fr_FR.UTF-8 UTF-8."
  }
}

locals {
  set = { for k, v in self.settings : k => v if v != null }
  # LANGUAGE names languages of messages, no locale.
  categories = { for k, v in local.set : k => v if k != "LANGUAGE" }
  name       = "^[A-Za-z0-9_.@-]+$"
  used       = distinct(compact(concat([self.locale == null ? "" : self.locale], values(local.categories))))
  made       = [for l in local.used : "${l} ${length(split(".", l)) > 1 ? split("@", split(".", l)[1])[0] : "ISO-8859-1"}" if !contains(["C", "POSIX", "C.UTF-8", "C.utf8"], l)]
  lines      = sort(distinct(concat(local.made, self.generate)))
  lang       = join("", concat(self.locale == null ? [] : ["LANG=${self.locale}\n"], [for k, v in local.set : "${k}=${v}\n"]))
  known      = <<-EOT
    read -r zone < "$0"
    [ ! -d /usr/share/zoneinfo ] || [ -f "/usr/share/zoneinfo/$zone" ] || {
      echo "there is no time zone $zone in /usr/share/zoneinfo"
      exit 1
    }
  EOT
}

symlink "/etc/localtime" {
  when   = self.timezone != null
  target = "/usr/share/zoneinfo/${self.timezone == null ? "UTC" : self.timezone}"
}

# A link to a zone that is not there would be UTC without a word. Where there are
# no zones at all, they may still come.
etc "timezone" {
  when     = self.timezone != null
  mode     = "0644"
  text     = "${self.timezone == null ? "UTC" : self.timezone}\n"
  validate = ["sh", "-c", local.known, "%s"]
}

# Debian's programs read one, systemd the other.
etc "default/locale" {
  when = local.lang != ""
  mode = "0644"
  text = local.lang
}

etc "locale.conf" {
  when = local.lang != ""
  mode = "0644"
  text = local.lang
}

etc "locale.gen" {
  when = length(local.lines) > 0
  mode = "0644"
  text = "${join("\n", local.lines)}\n"
}

snippet "locale-gen" {
  when     = length(local.lines) > 0
  after    = ["etc"]
  timeout  = "10m"
  triggers = [etc["locale.gen"].sha256]
  script   = <<-EOT
    if ! command -v locale-gen >/dev/null; then
      echo "locale-gen is not installed (Debian's package locales); the locales in /etc/locale.gen are not made"
      exit 0
    fi
    locale-gen
  EOT
}
