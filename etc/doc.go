// Package etc makes files, directories and symbolic links of a root match the
// desired ones: entries under /etc (linked through /etc/static, or real
// copies), files and directories anywhere, links.
//
// It owns what is compared and written of a path (type, content, mode, owner,
// target), what stood in the way, and the parents made for it. It refuses
// paths that are not its business (account files, /etc/static, the state
// directory) and never follows a link it did not check.
package etc
