// Package columns finds the columns of a file of payouts by the headings that people give them, in French and in English.
// CSV files and workbooks are read by the same ones.
package columns

import (
	"slices"
	"strings"
	"unicode"
)

// The columns of a payout.
const (
	MSISDN      = "msisdn"
	Amount      = "amount"
	Reference   = "reference"
	Description = "description"
	Name        = "name"
	FirstName   = "first name" // comes after Name, where a file has the two apart
)

// Declared are the columns that can be declared to have another heading.
func Declared() []string { return []string{MSISDN, Amount, Reference, Description, Name} }

// Found is which heading stands for which column.
type Found struct {
	At       map[string]int // where each column stands, counted from 0
	Repeated []Repeated     // columns that two headings stand for
	Absent   []string       // declared columns whose heading is not there
}

// Repeated is a column with two headings, by their places.
type Repeated struct {
	Column        string
	First, Second int
}

// Payouts reports whether the headings are those of payouts: each has a payee and an amount.
func (f Found) Payouts() bool {
	_, msisdn := f.At[MSISDN]
	_, amount := f.At[Amount]
	return msisdn && amount
}

// Find finds the columns among headings. declared has the heading of a column by the column's name; it goes before what
// a heading means by itself.
func Find(headings []string, declared map[string]string) Found {
	f := Found{At: map[string]int{}}
	taken := map[int]bool{}
	for _, column := range Declared() {
		heading, ok := declared[column]
		if !ok {
			continue
		}
		places := matching(headings, heading)
		if len(places) == 0 {
			f.Absent = append(f.Absent, column)
			continue
		}
		f.At[column] = places[0]
		if len(places) > 1 || taken[places[0]] {
			f.Repeated = append(f.Repeated, Repeated{column, places[0], places[len(places)-1]})
		}
		taken[places[0]] = true
	}
	for i, heading := range headings {
		column := Of(heading)
		if _, ok := declared[column]; ok || column == "" || taken[i] {
			continue
		}
		if first, twice := f.At[column]; twice {
			f.Repeated = append(f.Repeated, Repeated{column, first, i})
			continue
		}
		f.At[column] = i
	}
	return f
}

// matching finds the places of a heading: as it is written or, where there is none, but for case, accents and the like.
func matching(headings []string, wanted string) []int {
	for _, same := range []func(string) string{strings.TrimSpace, fold} {
		var places []int
		for i, heading := range headings {
			if same(heading) == same(wanted) {
				places = append(places, i)
			}
		}
		if len(places) > 0 {
			return places
		}
	}
	return nil
}

// Of is the column that a heading means; "" when it means none that is read. Case, accents, blanks, hyphens,
// underscores, characters that nobody sees and a unit in the end do not count.
func Of(heading string) string {
	if column := meaning(fold(heading)); column != "" {
		return column
	}
	return meaning(fold(withoutNote(heading)))
}

// withoutNote is a heading without what stands in brackets behind it, if that is about how the column is to be filled: another
// note, such as "(brut)" or "(EUR)", makes another column of it.
func withoutNote(heading string) string {
	start := strings.LastIndexAny(heading, "([")
	if start < 0 || !strings.ContainsAny(heading[start:], ")]") {
		return ""
	}
	note := fold(heading[start:])
	for word := range strings.FieldsSeq(`obligatoire requis required mandatory facultati optionnel optional avec with sans without format ex eg
		exemple example 225 221 00225 00221 10 9 dixchiffres djamo`) {
		if strings.HasPrefix(note, word) {
			return heading[:start]
		}
	}
	return ""
}

// meaning is the column that a folded heading means.
func meaning(folded string) string {
	if column := exactly(folded); column != "" {
		return column
	}
	for _, unit := range units() {
		amount, ok := strings.CutSuffix(folded, unit)
		if !ok {
			continue
		}
		if exactly(strings.TrimSuffix(amount, "en")) == Amount {
			return Amount
		}
	}
	return ""
}

// exactly is the column that a folded heading means as it stands.
func exactly(folded string) string {
	switch folded {
	case "msisdn", "phone", "phonenumber", "phoneno", "telephone", "telephonenumber", "telephoneno", "mobile", "mobilenumber",
		"mobilephone", "mobileno", "cell", "cellphone", "cellnumber", "tel", "telno", "telnumber", "telephones", "numero",
		"numerotelephone", "numerodetelephone", "numerodutelephone", "numerotel", "numerodetel", "numtelephone", "numtel",
		"numdetelephone", "numdetel", "ntelephone", "ndetelephone", "ntel", "ndetel", "notelephone", "nodetelephone", "notel",
		"nodetel", "telephonemobile", "telmobile", "mobiletel", "numeromobile", "numerodemobile", "numeroportable",
		"numerodeportable", "portable", "telephoneportable", "telportable", "telephoneportables", "cellulaire", "cel",
		"numerocellulaire", "telephonecellulaire", "gsm", "numerogsm", "numerodjamo", "comptedjamo", "telephonedjamo", "contact",
		"contacttelephonique", "telephonedubeneficiaire", "telephonebeneficiaire", "numerodubeneficiaire", "numerobeneficiaire",
		"telephonedusalarie", "telephonesalarie", "telephoneemploye", "telephonedelemploye", "numerodetelephonedjamo",
		"numerotelephonedjamo", "ntelephonedjamo", "ndetelephonedjamo", "teldjamo", "numerodetelephonedubeneficiaire",
		"numerodetelephonebeneficiaire", "ntelephonebeneficiaire", "ndetelephonedubeneficiaire", "ntelbeneficiaire",
		"ndetelbeneficiaire", "teldubeneficiaire", "telbeneficiaire", "telsalarie", "teldusalarie", "telemploye", "teldelemploye",
		"numerodetelephonedusalarie", "numerodetelephonedelemploye", "msisdnbeneficiaire", "msisdndubeneficiaire", "payeemsisdn",
		"beneficiarymsisdn", "contacts", "numtelephonique", "numerotelephonique", "numerosdetelephone", "numeros",
		"numerodusalarie", "numerosalarie", "payeephone", "recipientphone", "beneficiaryphone", "recipientmsisdn",
		"numerodepaiement", "telephonedepaiement", "ndjamo", "nodjamo", "numdjamo", "nouveaunumero", "nouveautelephone",
		"nouveautel", "numerocorrige", "telephonecorrige", "newphone", "newnumber", "newphonenumber":
		return MSISDN
	case "amount", "amounts", "mnt", "mt", "mtt", "montant", "montants", "montantnet", "montanttotal", "montantapayer",
		"montantaverser", "montantavirer", "montantdu", "montantdupaiement", "montantduvirement", "montantdusalaire",
		"montantsalaire", "netapayer", "netsapayer", "netaverser", "netapaye", "netpercu", "montantnetapayer", "montantnetaverser",
		"montantnetavirer", "montantnetdu", "mtnet", "mntnet", "mttnet", "mtapayer", "mntapayer", "mttapayer", "mtavirer",
		"mntavirer", "mtaverser", "mntaverser", "mtdu", "salairenetaverser", "salairenetavirer", "salaireapayer", "salaireaverser",
		"salaireavirer", "remunerationnette", "net", "salairenet", "salairenetapayer", "salaire", "salaires", "apayer", "averser",
		"avirer", "somme", "sommeapayer", "sommeaverser", "sommedue", "netavirer", "netaregler", "montantaregler", "mtaregler",
		"aregler", "montantapprouve", "montantvalide", "montantaccorde", "montantcorrige", "montantrevise", "nouveaumontant",
		"newamount", "approvedamount", "amounttopay", "amountdue", "netamount", "netpay", "netsalary", "salary", "pay", "payamount",
		"paymentamount", "payout", "payoutamount":
		return Amount
	case "reference", "references", "ref", "refs", "referencepaiement", "referencedepaiement", "referencedupaiement", "refpaiement",
		"refdepaiement", "refdupaiement", "referencevirement", "referenceduvirement", "referencedevirement", "refvirement",
		"referenceinterne", "referenceexterne", "numerodereference", "numeroreference", "numreference", "numref", "nreference",
		"nref", "ndereference", "paymentreference", "paymentref", "referencenumber", "referenceid", "externalid",
		"transactionreference", "referencetransaction", "referencedelatransaction", "referenceunique":
		return Reference
	case "description", "descriptions", "motif", "motifs", "motifdupaiement", "motifdepaiement", "motifpaiement", "motifduvirement",
		"motifdevirement", "motifvirement", "libelle", "libelles", "libellepaiement", "libelledupaiement", "libelledepaiement",
		"libellevirement", "libelleduvirement", "libelledevirement", "libelleoperation", "libelledeloperation", "objet",
		"objetdupaiement", "objetduvirement", "intitule", "designation", "label", "purpose", "narration":
		return Description
	case "name", "names", "fullname", "lastname", "surname", "familyname", "nom", "noms", "nomcomplet", "nomdefamille",
		"nomsetprenoms", "nometprenoms", "nometprenom", "nomsetprenom", "nomprenom", "nomprenoms", "nomsprenoms", "prenometnom",
		"prenomsetnom", "prenomsetnoms", "prenomnom", "prenomsnom", "nomdusalarie", "nomsalarie", "nomemploye", "nomdelemploye",
		"nombeneficiaire", "nomdubeneficiaire", "nomagent", "nomdelagent", "beneficiaire", "beneficiaires", "salarie", "salaries",
		"employe", "employes", "employee", "employees", "employeename", "beneficiary", "beneficiaryname", "payee", "payeename",
		"recipientname", "accountname":
		return Name
	case "prenom", "prenoms", "firstname", "firstnames", "givenname", "givennames", "forename", "forenames":
		return FirstName
	}
	return ""
}

// IsTotal reports whether a heading names the sum of a row, which is what people pay where the row has parts. It is not read as
// an amount: a file may have the sum of an amount and of a fee.
func IsTotal(heading string) bool {
	return slices.Contains(strings.Fields(`total totaux totalapayer totalaverser totalavirer totalnet totalnetapayer totalgeneral totaldu
		totalamount totalpay totaltopay totalsalaire totalpaie totalpaye totalmontant grandtotal montantfinal netfinal finalamount reste
		resteapayer resteaverser soldeapayer solde soldenet`), withoutUnit(fold(heading)))
}

// SaysPaid reports whether a heading of amounts says by itself that they are what is paid: it is no base or part of that.
func SaysPaid(heading string) bool {
	folded := fold(heading)
	return slices.ContainsFunc(strings.Fields("payer verser virer regler net due topay payout"), func(word string) bool {
		return strings.Contains(folded, word)
	})
}

// IsRemark reports whether a heading stands over what people note about a row, such as its state.
func IsRemark(heading string) bool {
	return slices.Contains(strings.Fields(`statut statuts status state etat situation observation observations obs remarque remarques rem
		commentaire commentaires comment comments remark remarks note notes mention mentions decision validation valide valider avis payer paye
		payee payeounon paiement statutpaiement statutdupaiement etatpaiement etatdupaiement paymentstatus paid ok actif active bloque
		suspendu annule exclu`), fold(heading))
}

// Withholds reports whether a remark may say that a row is not to be paid: that it is cancelled, stopped or paid already.
func Withholds(remark string) bool {
	folded := fold(remark)
	if slices.Contains(strings.Fields(`paye payee payes regle reglee verse versee vire viree effectue effectuee non no n stop hold
		paid done ko nok inactif inactive faux false completed`), folded) {
		return true
	}
	return slices.ContainsFunc(strings.Fields(`nepaspay nepluspay nepasvers nepasvir pasapayer dejapaye dejaverse dejavire dejaregle
		annul suspen bloqu rejet exclu refus demission decede licenci donotpay dontpay nottopay cancel onhold alreadypaid`),
		func(words string) bool { return strings.Contains(folded, words) })
}

// IsCurrency reports whether a heading stands over the currencies of amounts.
func IsCurrency(heading string) bool {
	return slices.Contains(strings.Fields(`devise devises codedevise devisedupaiement devisedepaiement devisepaiement devisedumontant monnaie
		monnaies currency currencies currencycode paymentcurrency amountcurrency ccy`), fold(heading))
}

// IsFranc reports whether the name of a currency is one of the franc of West Africa, or none: a dash says nothing.
func IsFranc(currency string) bool {
	switch folded := fold(currency); {
	case strings.ContainsFunc(currency, func(r rune) bool { return unicode.Is(unicode.Sc, r) }),
		slices.ContainsFunc(strings.Fields("xaf beac cemac cameroun gabon congo tchad eur usd dollar"), func(other string) bool {
			return strings.Contains(folded, other) // the franc of Central Africa, and others beside ours
		}):
		return false
	case folded == "", slices.Contains(strings.Fields(`f fr frs franc francs 952 bceao uemoa francbceao francsbceao francuemoa francsuemoa
		na nd neant null aucun aucune`), folded):
		return true
	default:
		return strings.Contains(folded, "cfa") || strings.Contains(folded, "xof")
	}
}

// withoutUnit takes a currency off the end of a folded heading.
func withoutUnit(folded string) string {
	for _, unit := range units() {
		if amount, ok := strings.CutSuffix(folded, unit); ok && amount != "" {
			return strings.TrimSuffix(amount, "en")
		}
	}
	return folded
}

func units() []string { return []string{"francscfa", "franccfa", "fcfa", "cfa", "xof", "francs", "f"} }

// fold makes headings that people do not tell apart the same.
func fold(heading string) string {
	return strings.Map(foldRune, strings.ToLower(heading))
}

func foldRune(r rune) rune {
	switch {
	case strings.ContainsRune("àâäáãå", r):
		return 'a'
	case strings.ContainsRune("éèêë", r):
		return 'e'
	case strings.ContainsRune("îïíì", r):
		return 'i'
	case strings.ContainsRune("ôöóòõ", r):
		return 'o'
	case strings.ContainsRune("ùûüú", r):
		return 'u'
	case r == 'ç':
		return 'c'
	case r == 'º', r == 'ª':
		return -1
	case unicode.IsLetter(r), unicode.IsDigit(r):
		return r
	case '\uff01' <= r && r <= '\uff5e': // of double width
		return foldRune(r - '\uff01' + '!')
	}
	return -1 // blanks, punctuation, marks, and what nobody sees
}
