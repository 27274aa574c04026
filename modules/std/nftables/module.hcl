# The firewall: one ruleset, put in place as a whole.

module "nftables" {
  description = "A firewall ruleset, checked by nft before it is installed and replaced as a whole"
}

option "ruleset" {
  type        = lines
  description = "Tables, chains and rules as nft(8) reads them. The ruleset before it is flushed in the same transaction."
  example     = "table inet filter {\n  chain input { type filter hook input priority 0; policy accept; }\n}"
}

locals {
  text = "#!/usr/sbin/nft -f\n# Written by activate; edit the configuration instead.\nflush ruleset\n\n${trimsuffix(self.ruleset, "\n")}\n"
}

etc "nftables.conf" {
  mode     = "0755"
  text     = local.text
  validate = ["nft", "-c", "-f", "%s"]
}

# At boot too: the distribution's own service may be off.
snippet "nftables" {
  after    = ["etc"]
  at_boot  = true
  triggers = [etc["nftables.conf"].sha256]
  script   = <<-EOT
    nft -f /etc/nftables.conf
  EOT
}
