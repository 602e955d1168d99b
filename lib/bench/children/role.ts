// What a child process can be asked for, by name.
// biome-ignore lint/suspicious/noExplicitAny: the arguments of each order are the role's own, and come out of a message
export type Role = Record<string, (...args: any[]) => unknown>
