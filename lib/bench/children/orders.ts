// What a child process can be asked for, by name.
// biome-ignore lint/suspicious/noExplicitAny: the arguments of each order are the program's own, and come out of a message
export type Orders = Record<string, (...args: any[]) => unknown>
