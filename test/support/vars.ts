// The secrets and vars of a hub under test.

export const API_KEY = "bk_test_0123456789abcdefghijklmnopqrstuv";
export const JWT_SECRET = "a secret for tests, of more than thirty-two characters";

/** SHA-256 of API_KEY, as test/trust/key.test.ts checks. */
const API_KEY_SHA256 = "1e4c2d0dacebb05b029756bd5e5b5423e96644a491f0b646959a2855bfe2a7a1";

export const TEST_VARS = {
  API_KEYS: JSON.stringify([
    { name: "test", sha256: API_KEY_SHA256, scopes: ["publish", "read", "manage", "tokens"] },
  ]),
  JWT_SECRETS: JWT_SECRET,
  ALLOWED_ORIGINS: "https://app.example.com",
};
