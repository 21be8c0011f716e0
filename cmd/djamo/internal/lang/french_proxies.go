package lang

import (
	"regexp"
	"strings"
)

// proxyFailed is how the client says that a proxy made no connection, whatever it did before.
var proxyFailed = regexp.MustCompile(`(?s)the proxy (\S+) (refused the connection to the API|made no connection to the API): (.+)$`)

// frenchOfProxy says that a proxy made no connection; "" for other texts.
func frenchOfProxy(english string) string {
	const unreadable = "the address of the proxy cannot be read: look at HTTPS_PROXY and HTTP_PROXY, or at the Proxy function of the transport"
	if strings.Contains(english, unreadable) {
		return "l'adresse du proxy est illisible : regardez HTTPS_PROXY et HTTP_PROXY"
	}
	found := proxyFailed.FindStringSubmatch(english)
	if found == nil {
		return ""
	}
	said := strings.NewReplacer(
		": check the user name and password of the proxy", " : vérifiez le nom d'utilisateur et le mot de passe du proxy",
		": ask those who run the proxy to allow the API's host", " : demandez à ceux qui le gèrent d'autoriser l'hôte de l'API",
	).Replace(found[3])
	if strings.HasPrefix(found[2], "refused") {
		return "le proxy " + found[1] + " a refusé la connexion à l'API : " + said
	}
	return "le proxy " + found[1] + " n'a pas établi la connexion à l'API : vérifiez son adresse (" + said + ")"
}
