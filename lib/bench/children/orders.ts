// What a child process can be asked for, by name.
// biome-ignore lint/suspicious/noExplicitAny: the arguments of each order are those of its program
export type Orders = Record<string, (...args: any[]) => unknown>
