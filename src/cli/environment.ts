/** The environment variables that commands read by themselves, by what they mean; those of the servers stand in `src/config`. */
export const ENVIRONMENT = {
  GARUDUST_TEMPORAL_URL: 'Where the server is, such as https://agents.example.com. --url goes before it.',
  GARUDUST_WEBHOOK_SECRET: 'Signs tasks; checks callbacks where CALLBACK_SECRET is not set.',
  CALLBACK_SECRET: 'Checks callbacks, where the server signs them with a secret of their own.',
  RUNS_API_KEY: 'API key for reading, cancelling and redelivering runs.',
} as const satisfies Record<string, string>;

export type EnvironmentName = keyof typeof ENVIRONMENT;

/** The server where neither --url nor the environment names one: what `dev` and `ingress` listen at by default. */
export const DEFAULT_URL = 'http://127.0.0.1:8080';

/** What `dev` keeps, in the folder that it runs in. */
export const DEV_FOLDER = '.garudust-temporal';

/** The address of the ingress of a running `dev`, which may have another port than the default. */
export const DEV_URL_FILE = `${DEV_FOLDER}/ingress-url`;

/** Where `dev` starts its Temporal server and the UI; Temporal's own defaults. */
export const TEMPORAL_PORT = 7233;
export const TEMPORAL_UI_PORT = 8233;

/** Where `dev` keeps the secrets that it has made up. */
export const DEV_SECRETS_FILE = `${DEV_FOLDER}/dev-secrets.json`;
