/** Placeholder for a team's workflow code, which the bundler puts in its place: see `worker/workflow-bundle.ts`. */
declare module 'garudust-temporal/your-workflows' {
  const anything: unknown;
  export default anything;
}
