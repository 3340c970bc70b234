/** What a program needs to find its files and to write text for people; the last line is Windows'. */
const ALWAYS =
  /^(PATH|HOME|USER|LOGNAME|SHELL|TZ|LANG|LANGUAGE|LC_\w+|TMPDIR|TMP|TEMP|XDG_(CACHE|CONFIG|DATA|STATE)_HOME|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC|PATHEXT|USERPROFILE|HOMEDRIVE|HOMEPATH|APPDATA|LOCALAPPDATA|PROGRAMDATA)$/i;

/** What a program needs to reach hosts outside: proxies and the certificates to trust. A proxy's URL may hold a password. */
const NETWORK = /^((HTTP|HTTPS|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS)$/i;

/**
 * The environment of a program that we start: what every program needs, and no secret of ours.
 *
 * @param env the environment of this process.
 * @param options.network also proxies and trusted certificates, for a program that downloads.
 * @param options.also further variables that this program needs, by a pattern of their names.
 */
export function childEnv(
  env: Readonly<Record<string, string | undefined>>,
  options: { readonly network?: boolean; readonly also?: RegExp } = {},
): Record<string, string> {
  const patterns = [ALWAYS, ...(options.network === true ? [NETWORK] : []), ...(options.also ? [options.also] : [])];
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && patterns.some((pattern) => pattern.test(name)) ? [[name, value]] : [],
    ),
  );
}
