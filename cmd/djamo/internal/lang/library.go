package lang

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/djamo/djamo-go"
	"github.com/djamo/djamo-go/internal/transport"
	"github.com/djamo/djamo-go/payroll"
	"github.com/djamo/djamo-go/payroll/approval"
)

// frenchOfLibrary says an error of the client library in French. Only its outermost kind is translated: what the API itself
// has said stays as it came.
func frenchOfLibrary(err error) string {
	switch err := err.(type) { //nolint:errorlint // what wraps one of these has a text of its own
	case *approval.Refusal:
		return frenchOfRefusal(err)
	case *djamo.Error:
		return frenchOfAnswer(err)
	case *djamo.ValidationError:
		text := err.Field + " : " + French.made(err.Rule)
		if err.Value != "" {
			text += ", reçu " + err.Value
		}
		return text
	case *payroll.PlanError:
		return frenchOfPlan(err)
	case *payroll.PlanDiffersError:
		return frenchOfDifference(err)
	case *djamo.OutcomeUnknownError:
		return frenchOfUnknown(err)
	}
	refused := databaseRefuses(err)
	failed, isFailed := errors.AsType[*transport.Error](err)
	switch {
	case isFailed && frenchOfProxy(failed.Error()) != "":
		return frenchOfProxy(failed.Error())
	case errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, payroll.ErrJournal): // a journal's has a sentence of its own
		return "le délai est dépassé (" + err.Error() + ")"
	case refused != "":
		return refused
	case silent(err) != "":
		return silent(err)
	case errors.As(err, new(*net.DNSError)):
		return "l'hôte " + strconv.Quote(hostOf(err)) + " est introuvable : vérifiez l'adresse, et le réseau"
	case errors.As(err, new(*net.OpError)) && errors.Is(err, syscall.ECONNREFUSED):
		return "rien ne répond à l'adresse " + hostOf(err) + " : vérifiez-la, et que le serveur est en marche"
	case errors.As(err, new(*net.OpError)):
		return "le réseau ou l'hôte ne répond pas (" + WithoutName(err.Error()) + ")"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "la connexion a été coupée avant la fin de la réponse (" + WithoutName(err.Error()) + ")"
	case errors.Is(err, djamo.ErrUnexpectedAnswer):
		return "la réponse n'est pas celle de Djamo : vérifiez l'adresse, et que le réseau ne demande pas de se connecter (" +
			WithoutName(err.Error()) + ")"
	}
	if text, ok := frenchOfSystem(err); ok {
		return text
	}
	if answer := (*djamo.Error)(nil); errors.As(err, &answer) { // within a sentence of the library
		return French.sentence(strings.Replace(err.Error(), answer.Error(), frenchOfAnswer(answer), 1))
	}
	return French.sentence(err.Error())
}

func frenchOfUnknown(err *djamo.OutcomeUnknownError) string {
	text := "issue inconnue"
	if len(err.References) > 0 {
		text += " de " + strconv.Quote(djamo.MaskPhones(err.References[0]))
	}
	if more := len(err.References) - 1; more > 0 {
		text += " et de " + strconv.Itoa(more) + " autres"
	}
	return text + ", l'opération a pu être exécutée : " + French.Error(err.Err)
}

// silent says in French that a database has said nothing for too long; "" for other errors.
func silent(err error) string {
	found := (interface {
		localized
		Waited() time.Duration
	})(nil)
	if errors.As(err, &found) {
		return found.In(French)
	}
	return ""
}

// hostOf is what the network was asked for.
func hostOf(err error) string {
	if failed := (*net.DNSError)(nil); errors.As(err, &failed) {
		return failed.Name
	}
	if failed := (*net.OpError)(nil); errors.As(err, &failed) && failed.Addr != nil {
		return failed.Addr.String()
	}
	return "?"
}

// databaseRefuses says in French why PostgreSQL turns somebody away, by its code; "" when it says something else.
func databaseRefuses(err error) string {
	answer := (interface{ SQLState() string })(nil)
	if !errors.As(err, &answer) {
		return ""
	}
	switch code := answer.SQLState(); {
	case code == "3D000":
		return "cette base n'existe pas sur le serveur"
	case strings.HasPrefix(code, "28"):
		return "le serveur de la base refuse cet utilisateur, ou son mot de passe"
	case code == "42501":
		return "cet utilisateur n'a pas le droit de le faire dans la base"
	case code == "53300":
		return "le serveur de la base n'a plus de connexion libre : réessayez plus tard"
	case code == "57P03":
		return "le serveur de la base démarre : réessayez dans un instant"
	}
	return ""
}

// frenchOfRefusal says why a run may not be paid. What a signature or a list lacks is a sentence of its own.
func frenchOfRefusal(err *approval.Refusal) string {
	args := slices.Clone(err.Args)
	if err.Reason == approval.BadSignature || err.Reason == approval.NoSigners {
		for i, arg := range args {
			if text, ok := arg.(string); ok {
				args[i] = French.sentence(text)
			}
		}
	}
	return French.Say(err.Reason.Format(), args...)
}

// frenchOfSystem says an error of the operating system about a file or an address.
func frenchOfSystem(err error) (text string, ok bool) {
	number := syscall.Errno(0)
	if !errors.As(err, &number) {
		return "", false
	}
	var french string
	switch {
	case number == syscall.EISDIR:
		french = "c'est un dossier"
	case number == syscall.ENOTDIR:
		french = "un élément de ce chemin n'est pas un dossier"
	case number == syscall.ENOSPC:
		french = "il n'y a plus de place sur le disque"
	case number == syscall.EROFS:
		french = "le disque est en lecture seule"
	case number == syscall.EADDRINUSE:
		french = "cette adresse est déjà prise"
	case errors.Is(number, fs.ErrNotExist):
		french = "ce fichier ou ce dossier n'existe pas"
	case errors.Is(number, fs.ErrPermission):
		french = "l'accès est refusé"
	case errors.Is(number, fs.ErrExist):
		french = "il existe déjà"
	default:
		return "", false
	}
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		return French.sentence(strings.Replace(err.Error(), failed.Error(), failed.Path+" : "+french, 1)), true
	}
	return French.sentence(strings.Replace(err.Error(), number.Error(), french, 1)), true
}

func frenchOfAnswer(err *djamo.Error) string {
	text := err.Method + " " + err.Path + " : " + strconv.Itoa(err.StatusCode)
	switch {
	case err.Code() == djamo.ErrBlocked:
		text += " : le pare-feu devant l'API refuse cette adresse IP ; le jeton n'y est pour rien, demandez à Djamo d'autoriser l'adresse"
	case len(err.Messages) > 0:
		text += " : " + strings.Join(err.Messages, " ; ")
	case http.StatusText(err.StatusCode) != "":
		text += " " + http.StatusText(err.StatusCode)
	}
	if err.StatusCode == http.StatusUnauthorized {
		text += " : est-ce bien le jeton de cet hôte et de ce pays ?"
	}
	text = djamo.MaskPhones(strings.Join(strings.Fields(text), " "))
	if err.CorrelationID != "" {
		text += " (identifiant de corrélation " + err.CorrelationID + ")"
	}
	return text
}
