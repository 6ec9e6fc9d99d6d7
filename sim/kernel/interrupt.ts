/** Thrown into a process that is interrupted; `reason` is whatever the interrupter gave. */
export class Interrupt extends Error {
  override readonly name = 'Interrupt';
  readonly reason: unknown;
  /** Id of the process it was thrown into. */
  readonly processId: number;

  constructor(reason: unknown, processId: number) {
    super(`interrupted: ${reason instanceof Error ? reason.message : String(reason)}`);
    this.reason = reason;
    this.processId = processId;
  }
}
