/** The environment variables that commands read directly; `src/config` has those of the servers. */
export const ENVIRONMENT = {
  GARUDUST_TEMPORAL_URL: 'Address of the server, such as https://agents.example.com. --url overrides it.',
  GARUDUST_WEBHOOK_SECRET: 'Signs tasks; verifies callbacks when CALLBACK_SECRET is not set.',
  CALLBACK_SECRET: 'Verifies callbacks, when the server signs them with a separate secret.',
  RUNS_API_KEY: 'API key that reads, cancels and redelivers runs.',
} as const satisfies Record<string, string>;

export type EnvironmentName = keyof typeof ENVIRONMENT;

/** The server when neither --url nor the environment names one: the default address of `dev` and `ingress`. */
export const DEFAULT_URL = 'http://127.0.0.1:8080';

/** What `dev` keeps, in the folder that it runs in. */
export const DEV_FOLDER = '.garudust-temporal';

/** The address of the ingress of a running `dev`, which may have another port than the default. */
export const DEV_URL_FILE = `${DEV_FOLDER}/ingress-url`;

/** Where `dev` starts its Temporal server and the UI; Temporal's own defaults. */
export const TEMPORAL_PORT = 7233;
export const TEMPORAL_UI_PORT = 8233;

/** Where `dev` keeps the secrets that it generates. */
export const DEV_SECRETS_FILE = `${DEV_FOLDER}/dev-secrets.json`;
