/** The command was given something that it cannot or will not do. Its message is one line for whoever typed it. */
export class Misuse extends Error {}
