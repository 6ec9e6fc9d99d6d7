import { existsSync } from 'node:fs';

/** Where Debian, and a user's CHROMIUM_PATH, put the browser. */
const PATHS = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The path of a Chromium, if there is one. */
export function chromiumPath(): string | undefined {
  return PATHS.find((path) => path !== undefined && path !== '' && existsSync(path));
}
