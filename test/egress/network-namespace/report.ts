/** What became of one URL. */
export interface SentUrl {
  readonly url: string;
  /** The judgement before the 202. */
  readonly early: 'passed' | 'refused';
  /** The status of the answer, or the class of the error. */
  readonly result: string;
}

/** What `send-guarded.ts` prints. */
export interface Report {
  /** `address:port` */
  readonly nameServer: string;
  readonly sent: readonly SentUrl[];
}

/** What `send-proxied.ts` prints. */
export interface ProxiedReport {
  /** `host:port` of each CONNECT that came to the proxy. */
  readonly asked: readonly string[];
  /** The class of each error: the proxy refuses everything. */
  readonly results: readonly string[];
}
