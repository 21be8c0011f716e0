package accountcmd

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/djamo/djamo-go/cmd/djamo/internal/account"
	"github.com/djamo/djamo-go/cmd/djamo/internal/exit"
	"github.com/djamo/djamo-go/cmd/djamo/internal/output"
)

func (p *program) logout() *cobra.Command {
	command := &cobra.Command{
		Use: "logout", Short: "Forget the token of a profile", Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			config, err := account.Load()
			if err != nil {
				return err
			}
			name := p.o.Profile
			if name == "" {
				name = config.Profile
			}
			if name == "" {
				return exit.BadUsage("there is no profile in use: name one with --profile")
			}
			if err := p.forget(command.Context(), config, name); err != nil {
				return err
			}
			p.t.Tell("The token of profile %q is forgotten here. It stays valid until Djamo revokes it.", name)
			return nil
		},
	}
	p.o.AddAccount(command.Flags())
	return command
}

func (p *program) forget(ctx context.Context, config account.Config, name string) error {
	profile, ok := config.Profiles[name]
	if !ok {
		return noSuchProfile(config, name)
	}
	return account.StoreOf(profile.TokenIn).DeleteToken(ctx, name)
}

func noSuchProfile(config account.Config, name string) error {
	names := strings.Join(account.Names(config), ", ")
	if names == "" {
		return exit.BadUsage("%q: there is no profile yet: type: djamo login", name)
	}
	return exit.BadUsage("%q: there is no such profile: must be one of %s", name, names)
}

// whoamiView is the account in use, and where each part of it comes from.
type whoamiView struct {
	Account     string `json:"account"`
	Profile     string `json:"profile"`
	Class       string `json:"class"`
	Environment string `json:"environment"`
	URL         string `json:"url"`
	CompanyID   string `json:"companyId"`
	From        struct {
		Profile string `json:"profile,omitempty"`
		URL     string `json:"url"`
		Company string `json:"companyId,omitempty"`
		Token   string `json:"token"`
	} `json:"from"`
}

func (p *program) whoami() *cobra.Command {
	command := &cobra.Command{
		Use:   "whoami",
		Short: "Say which account commands are for, and where each part of it comes from",
		Long: "Says which account commands are for, and whether flags, the environment or a profile decided that. It asks neither the\n" +
			"network nor the keyring, and never shows a token.",
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			out, err := output.New(p.t, p.o)
			if err != nil {
				return err
			}
			a, err := account.Resolve(p.o)
			if err != nil {
				return err
			}
			view := whoamiView{
				Account: a.Name, Profile: a.Profile, Class: string(a.Class), Environment: string(a.Environment), URL: a.URL, CompanyID: a.CompanyID,
			}
			view.From.Profile, view.From.URL, view.From.Company, view.From.Token = a.ProfileFrom, a.URLFrom, a.CompanyFrom, a.TokenFrom
			return out.One(view, []output.Field{
				{Name: "account", Value: a.Name}, {Name: "class", Value: string(a.Class)}, {Name: "url", Value: from(a.URL, a.URLFrom)},
				{Name: "company", Value: from(a.CompanyID, a.CompanyFrom)}, {Name: "profile", Value: from(a.Profile, a.ProfileFrom)},
				{Name: "token from", Value: a.TokenFrom},
			})
		},
	}
	p.o.AddAccount(command.Flags())
	p.o.AddOutput(command.Flags())
	return command
}

func from(value, source string) string {
	if value == "" {
		return ""
	}
	return value + " (" + source + ")"
}

func (p *program) profiles() *cobra.Command {
	group := &cobra.Command{Use: "profiles", Short: "List the accounts that are kept, and choose the one in use"}
	group.AddCommand(p.profileList(), p.profileUse(), p.profileRemove())
	return group
}

type profileView struct {
	Name      string `json:"name"`
	InUse     bool   `json:"inUse"`
	Class     string `json:"class"`
	URL       string `json:"url"`
	CompanyID string `json:"companyId"`
	TokenIn   string `json:"tokenIn"`
}

func (p *program) profileList() *cobra.Command {
	command := &cobra.Command{
		Use: "list", Short: "List the profiles", Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			out, err := output.New(p.t, p.o)
			if err != nil {
				return err
			}
			config, err := account.Load()
			if err != nil {
				return err
			}
			list := out.List("", "NAME", "CLASS", "URL", "COMPANY", "TOKEN IN")
			for _, name := range account.Names(config) {
				a, failed := account.Of(name, config.Profiles[name])
				if failed != nil {
					err = failed
					break
				}
				profile, mark := config.Profiles[name], " "
				if name == config.Profile {
					mark = "*"
				}
				view := profileView{name, name == config.Profile, string(a.Class), profile.URL, profile.CompanyID, profile.TokenIn}
				if err = list.Add(view, mark, name, view.Class, view.URL, view.CompanyID, view.TokenIn); err != nil {
					break
				}
			}
			if err = list.End(err); err == nil && len(config.Profiles) == 0 {
				p.t.Tell("There are no profiles yet. To add one, type: djamo login")
			}
			return err
		},
	}
	p.o.AddOutput(command.Flags())
	return command
}

func oneProfile(_ *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return exit.BadUsage("NAME must be the name of one profile: djamo profiles list shows them")
	}
	return nil
}

func (p *program) profileUse() *cobra.Command {
	return &cobra.Command{
		Use: "use NAME", Short: "Choose the profile that commands use when they name none", Args: oneProfile,
		ValidArgsFunction: completeProfiles,
		RunE: func(_ *cobra.Command, args []string) error {
			config, err := account.Load()
			if err != nil {
				return err
			}
			if _, ok := config.Profiles[args[0]]; !ok {
				return noSuchProfile(config, args[0])
			}
			config.Profile = args[0]
			if err := account.Save(config); err != nil {
				return err
			}
			p.t.Tell("Profile %q is in use.", args[0])
			return nil
		},
	}
}

func (p *program) profileRemove() *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "Remove a profile, and forget its token", Args: oneProfile,
		ValidArgsFunction: completeProfiles,
		RunE: func(command *cobra.Command, args []string) error {
			config, err := account.Load()
			if err != nil {
				return err
			}
			forgotten := p.forget(command.Context(), config, args[0])
			if _, ok := config.Profiles[args[0]]; !ok {
				return forgotten
			}
			delete(config.Profiles, args[0])
			if config.Profile == args[0] {
				config.Profile = ""
			}
			if err := account.Save(config); err != nil {
				return errors.Join(forgotten, err)
			}
			p.t.Tell("Profile %q is removed.", args[0])
			return forgotten
		},
	}
}

// completeProfiles are the names of profiles, for shells. It asks nobody.
func completeProfiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	config, err := account.Load()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return account.Names(config), cobra.ShellCompDirectiveNoFileComp
}
