package djamotest

import (
	"slices"
	"strings"
	"unicode"
)

// names are the fields whose values are not stored, beside those that every API has.
type names struct {
	private []string // as in Routes.Private
}

// nameKind is the kind of a value, by its name.
type nameKind int

const (
	openName nameKind = iota
	secretName
	phoneName
	privateName
)

// of is what a name says about the value that has it.
func (n names) of(name string) nameKind {
	words := wordsOf(name)
	joined := strings.Join(words, "")
	switch {
	case containsAny(joined, secretParts), slices.ContainsFunc(words, func(w string) bool { return slices.Contains(secretWords, w) }),
		isSecretKey(words):
		return secretName
	case containsAny(joined, phoneParts), slices.ContainsFunc(words, func(w string) bool { return slices.Contains(phoneWords, w) }):
		return phoneName
	case slices.Contains(n.private, name):
		return privateName
	}
	return openName
}

// Parts of a name that say secret or phone wherever they stand in it, and words that do so only as words of their own.
var (
	secretParts = []string{
		"token", "secret", "password", "authorization", "apikey", "passwd", "passphrase", "passcode", "pincode", "motdepasse", "jeton",
		"credential", "cookie", "signingkey", "privatekey", "sessionid", "consentid", "codeverifier", "clientassertion", "cardnumber",
		"cvv", "otpcode", "codeotp", "codepin", "onetimecode", "securitycode", "verificationcode", "authcode", "authorizationcode",
		"signature", "hmac", "bearer", "recoverycode", "mnemonic",
	}
	secretWords = []string{
		"pin", "pins", "mpin", "tpin", "upin", "epin", "otp", "otps", "totp", "hotp", "pwd", "pass", "mdp", "cvc", "csc", "jwt", "jws",
		"pem", "pan", "puk", "nip", "tan", "seed", "sid", "creds",
	}
	phoneParts = []string{"msisdn", "phone", "whatsapp"}
	phoneWords = []string{"tel", "tels", "mobile", "gsm", "cell", "cellular", "portable"}
	// keyOwners are what makes a key a secret one: an idempotency key or a sort key is none.
	keyOwners = []string{
		"api", "signing", "sign", "private", "access", "encryption", "encrypt", "decryption", "secret", "master", "auth", "session", "webhook",
		"shared", "client", "service", "account", "ssh", "aes", "rsa", "mac", "symmetric", "app", "consumer", "license", "hook", "crypto",
		"verification", "merchant", "integration",
	}
)

// isSecretKey says whether a name is that of a key which opens something, as in signingKey, key_private or apiKeys.
func isSecretKey(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return w == "key" || w == "keys" || w == "cle" || w == "clé" }) &&
		slices.ContainsFunc(words, func(w string) bool { return slices.Contains(keyOwners, w) })
}

func containsAny(text string, parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

// wordsOf splits a name as people join words: signingKey, signing_key, SIGNING-KEY, card[pin], otp2 and APIKey.
func wordsOf(name string) (words []string) {
	var word []rune
	flush := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
		}
		word = word[:0]
	}
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case unicode.In(r, unicode.Cf, unicode.Mn): // not seen
			continue
		case !unicode.IsLetter(r):
			flush()
			continue
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			flush()
		}
		word = append(word, r)
	}
	flush()
	return words
}
