/** The whole event, within reason. */
export const WHOLE = '{{ event | json | cut: 16000 }}';
