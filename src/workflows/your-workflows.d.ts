/** Placeholder for a team's workflow code, which the bundler puts in its place: see `worker/workflow-bundle.ts`. */
declare module 'garudust-temporal/your-workflows' {
  const anything: unknown;
  export default anything;
}

/** Placeholder for loaders of the modules that `workflows` of the settings names. */
declare module 'garudust-temporal/own-workflows' {
  const own: Readonly<Record<string, () => unknown>>;
  export default own;
}
