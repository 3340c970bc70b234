const WHY: Readonly<Record<string, (setting: string, hostSetting: string) => string>> = {
  EADDRINUSE: (setting) => `is in use: stop what listens there, or set ${setting} to a free port`,
  EACCES: (setting) => `may not be used by this user: set ${setting} to a port above 1023`,
  EADDRNOTAVAIL: (_, hostSetting) => `is not an address of this machine: correct ${hostSetting}`,
  ENOTFOUND: (_, hostSetting) => `is not a known host: correct ${hostSetting}`,
};

/** Thrown when a server can't listen at its address. The message is one sentence for the operator. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly host: string;
  readonly port: number;
  /** The system's code, such as `EADDRINUSE`. */
  readonly code: string;

  constructor(host: string, port: number, setting: string, cause: Error & { code?: string }) {
    const code = cause.code ?? 'UNKNOWN';
    const why = WHY[code]?.(setting, 'HOST') ?? `could not be listened at (${code}): check HOST and ${setting}`;
    super(`${formatAddress(host, port)} ${why}.`, { cause });
    this.host = host;
    this.port = port;
    this.code = code;
  }
}

/** `host:port`, an IPv6 address in brackets. */
export function formatAddress(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
