/** Commands that rewrite files of the project from its own tables: what they share is that asking for help writes nothing. */

/** Prints `help` when it is asked for, refuses any other argument, and otherwise runs `write`. */
export async function writeGenerated(command: string, help: string, write: () => Promise<void> | void): Promise<void> {
  const first = process.argv.slice(2).at(0);
  if (first === undefined) {
    await write();
    return;
  }
  const asked = first === '--help' || first === '-h';
  console.log(`${asked ? '' : `${command} takes no arguments, but was given ${first}\n\n`}npm run ${command}\n\n${help}`);
  process.exitCode = asked ? 0 : 2;
}
