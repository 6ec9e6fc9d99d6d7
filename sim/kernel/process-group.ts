import type { Process } from './process.ts';

/**
 * The processes that live and die together, e.g. those of one node: `interruptAll` is the node's crash.
 * A member that has ended is forgotten.
 */
export class ProcessGroup {
  readonly name: string;
  private members: Process[] = [];
  /** Ended members are swept out when this many are reached. */
  private sweepAt = 16;

  constructor(name: string) {
    this.name = name;
  }

  /** Adds a process and returns it. */
  add<T>(process: Process<T>): Process<T> {
    if (this.members.length >= this.sweepAt) {
      this.members = this.members.filter((member) => member.alive);
      this.sweepAt = Math.max(16, this.members.length * 2);
    }
    this.members.push(process);
    return process;
  }

  /** Members still running. */
  get size(): number {
    return this.members.filter((member) => member.alive).length;
  }

  /** Interrupts every running member, in the order they were added, and empties the group. Returns how many. */
  interruptAll(reason?: unknown): number {
    const { members } = this;
    this.members = [];
    let interrupted = 0;
    for (const member of members) if (member.interrupt(reason)) interrupted++;
    return interrupted;
  }
}
